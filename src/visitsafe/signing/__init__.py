"""OpenSSH keys and signatures; the only code that uses `cryptography`."""
