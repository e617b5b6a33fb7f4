"""A week of boundaries on a real cluster: what mds shows and stores around each, beside what must be."""
