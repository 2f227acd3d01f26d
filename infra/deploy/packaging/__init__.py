"""From the sources to two CloudFormation templates and a zip, and from there into an account."""
