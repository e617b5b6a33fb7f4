"""`python -m mds_simulator`, for where the script is not on PATH."""

from mds_simulator.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
