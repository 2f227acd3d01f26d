"""The couples app: accounts, couples, daily check-ins, plans, ideas."""
