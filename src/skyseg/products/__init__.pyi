from .products import Products as Products
