"""What other tools write, read as data: nothing that is found in it is run, unpickled or fetched."""
