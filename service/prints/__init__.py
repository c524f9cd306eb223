"""What was printed, and for whom: labels counted copy by copy, papers that say later whether they still hold."""
