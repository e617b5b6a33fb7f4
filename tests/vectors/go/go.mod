module mds.dev/tests/vectors

go 1.26
