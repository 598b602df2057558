import os

# Progress bars of hundreds of steps drown a failure's report; read by tqdm when it is imported.
os.environ.setdefault("TQDM_MININTERVAL", "60")
