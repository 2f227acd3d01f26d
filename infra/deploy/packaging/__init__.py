"""Package the sources into a CloudFormation template for each stack and a zip, and deploy them to an AWS account."""
