"""What an operator does: each verb of the Makefile is a module here, `python -m ops.VERB ENV`.

Only Python's own library, so that it runs before anything is installed; Google Cloud and Terraform
by their commands, gcloud and terraform, with the operator's own login.
"""
