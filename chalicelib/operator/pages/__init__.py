"""The pages of operators; markup, styles and scripts are files in these folders."""
