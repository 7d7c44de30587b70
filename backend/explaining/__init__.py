"""Why a contact did or did not receive a delivery, and who its audience was."""
