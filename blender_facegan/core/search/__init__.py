"""The faces of many persons: looked for in threads of their own, and placed on the meshes that carry them."""
