"""The two libraries that stand in the vendor's place: C++ sources, generated stubs, the build."""
