"""Where PHI is in log files, and where source code would write it: found, weighed, and never repeated."""
