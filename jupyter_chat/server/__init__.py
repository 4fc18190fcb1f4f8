"""How people reach the engine: WebSocket, REST and the page, on Jupyter's handlers."""
