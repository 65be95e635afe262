"""Files made of what the product knows: tables as shown, and the analysts' exports."""
