"""What Jupyter Chat costs, measured: `python -m benchmarks [NAME…] [--json FILE]`.

Every figure is measured on real processes: a real server, a real socket, a real
database, Chromium, and the scripted OpenAI-compatible server of the tests.  What has a
counterpart is compared with the plain `openai` client in the same run, in alternate
rounds, because machines are noisy.  Nothing here passes or fails.
"""
