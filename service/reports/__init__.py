"""What is read out of the ledger: stock at any time, turnover, ageing, expiry, quarantine, histories, integrity.

    Report      columns, and a query that streams rows                    (report)
    export      the same rows as CSV, XLSX or PDF, written to a file      (export, csv_file, xlsx_file, pdf_file)
"""
