"""What a dishonest operator would try, tried for real on private copies, and the check that catches each."""
