"""Files as layers and layers as files: the reader, the writer, the sample survey."""
