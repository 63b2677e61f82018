"""The documents that the program writes and reads back, as typed records; docs/reference is made from them."""
