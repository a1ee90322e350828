"""What skyseg promises when things go wrong, tried thousands of times: ``python -m chaos --help``.

Each module of a campaign has ``campaign(seed, number)``, which counts what came, and
``PROMISED_NONE``, the counts that have to be zero.
"""
