import shutil

shutil.rmtree("data/jwst/JOF")
