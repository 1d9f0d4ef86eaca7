"""Write the tables of the peers' README anew: `python -m support.peers.verdicts`."""

from support.peers.verdicts.tables import README, readme_with_tables


def main() -> None:
    """Replace what stands between the markers."""
    README.write_text(readme_with_tables(README.read_text(encoding="utf-8")), encoding="utf-8")
    print(README)


if __name__ == "__main__":
    main()
