"""Package the sources into two CloudFormation templates and a zip, and deploy them to an AWS account."""
