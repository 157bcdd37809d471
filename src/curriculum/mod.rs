//! What is taught: reads the curriculum, never writes it.
