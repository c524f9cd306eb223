"""Who may do what in the database: four roles without a login, and the logins of the processes that are their members.

    lotproof_owner     owns schemas, tables and functions; nobody logs in as it
    lotproof_web       the web process: reads, records, and changes what may change
    lotproof_worker    the worker: the ledger and the chain, of the warehouse only what webhooks need
    lotproof_auditor   reads everything

Grants stop the application. They do not stop the owner, nor a superuser: `service.audit.catalogue` sees what those did.
"""
