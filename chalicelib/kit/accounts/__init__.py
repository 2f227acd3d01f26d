"""Accounts with e-mail and password: sign-up, sign-in, sessions, mailed links, deletion. One technique for all contexts.

A context declares its `Realm`: the table, the roles of the tokens, the rules of passwords and the texts of the mails.
"""
