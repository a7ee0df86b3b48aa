//! What is written for each kind of client, and that nothing a registration says breaks out of it.
