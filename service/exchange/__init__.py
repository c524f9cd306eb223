"""History that is brought in from another system: a file of rows, judged whole before anything is recorded.

    file -- sheets (CSV, XLSX) --> cells -- rows (columns) --> commands -- dry run (rules on a book) --> report
                                                                       -- run --> movements, marked "not witnessed"
"""
