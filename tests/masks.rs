//! Every mask held to what it says of itself, on a real server.
