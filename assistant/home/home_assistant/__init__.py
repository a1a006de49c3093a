"""Home Assistant as the home: its devices, states and services over WebSocket."""
