"""The open wave ROM: sounds of our own under the M1's numbers and names, made when the package is built."""
