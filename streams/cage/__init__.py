"""The cage that media is decoded in: what a process gives up for good, as far as the kernel can hold it to that."""
