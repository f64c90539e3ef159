"""`python -m balai`."""

from balai.cli import main

if __name__ == "__main__":
    main()
