"""Between the web server and the application: what comes over a line has one reading, and so much time."""
