"""What pictures are labelled with: kinds of labels, their declaration, and what can be asked of them."""
