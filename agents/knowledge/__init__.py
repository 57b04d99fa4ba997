"""What is known of meaning and of languages: embeddings now, knowledge maps later."""
