"""A model of two layers with a tokenizer of its own: every line of the training runs, in seconds."""

from pathlib import Path
from typing import Any

from alignment.config import Config
from alignment.dialogues import ITEMS

TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
CULTURES = ("CN", "EG")


def make_model(folder: Path, *, seed: int = 1) -> Path:
    """A Llama of 64 dimensions, untrained, whose tokenizer was drawn from the items."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    drawn = Tokenizer(models.BPE())
    drawn.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    drawn.decoder = decoders.ByteLevel()
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=2000, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    drawn.train([str(ITEMS / f"{culture}.jsonl") for culture in CULTURES], trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=drawn, eos_token="<|im_end|>", pad_token="<|im_end|>", chat_template=TEMPLATE
    )
    torch.manual_seed(seed)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=64,
            intermediate_size=128,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=4096,
            tie_word_embeddings=True,
            bos_token_id=1,
            eos_token_id=2,
            pad_token_id=2,
        )
    )
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def configuration(out: Path, base: Path | str | None, *, name: str = "aligned", **train: Any) -> Config:
    """A run of two items; `base` None: one that trains nothing."""
    dpo = {"dpo_learning_rate": 0.02, "dpo_epochs": 3}
    settings = {
        **dpo,
        "samples": 2,
        "tokens": 4096,
        "batch": 4,
        "rank": 6,
        "epochs": 2,
        "learning_rate": 0.02,
    }
    return Config.model_validate(
        {
            "name": name,
            "out": out,
            "cultures": CULTURES,
            "teacher": {"model": "teacher-7b"},
            "judge": {"model": "judge-7b"},
            "train": None if base is None else {**settings, **train, "base": str(base)},
        }
    )
