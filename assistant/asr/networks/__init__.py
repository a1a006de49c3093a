"""The networks of a transducer, behind one protocol, and the folders that hold them."""
