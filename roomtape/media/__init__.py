"""The only importer of av: decoding, mixing, composing, encoding, muxing."""
