"""Recognition with finished models; never imports training or experiments."""
