"""The deployment: Terraform's plans and names, the commands rehearsed without a cloud
(`rehearsal`), and a deployment checked from outside (`smoke`).
"""
