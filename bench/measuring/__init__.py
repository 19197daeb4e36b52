"""What benchmarks share: results as JSON lines, processes with their CPU time, a network namespace."""
