"""The chat as a service of JupyterHub (`jupyter chat --service`): the hub says who is who.

Nothing here is of effect on another server, or imports `jupyterhub` before it is needed.  Like
`auth/` it knows no handlers, but for `provider.py` and `oauth.py`.
"""
