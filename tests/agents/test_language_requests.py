"""What asks for words in a language, what only speaks of one, and what follows for the plan."""

import pytest

from agents import FakeModel, Prompts
from agents.detect.language import LanguageDetector
from agents.language_requests import LanguageRequests

PROMPTS = Prompts.load()
REQUESTS = LanguageRequests(LanguageDetector(), PROMPTS.languages("answer_in"))

IN_ENGLISH = {
    "am": "እባክዎ ሁል ጊዜ በእንግሊዝኛ ይመልሱ።",
    "ar": "أجب باللغة الإنجليزية دائمًا.",
    "as": "সদায় ইংৰাজীত উত্তৰ দিয়ক।",
    "az": "Həmişə ingiliscə cavab ver.",
    "bn": "সবসময় ইংরেজিতে উত্তর দিন।",
    "cs": "Vždy odpovídej anglicky.",
    "de": "Antworte immer auf Englisch.",
    "el": "Απάντησε πάντα στα αγγλικά.",
    "es": "Responde siempre en inglés.",
    "fa": "همیشه به انگلیسی پاسخ بده.",
    "fil": "Laging sumagot sa Ingles.",
    "fr": "Réponds toujours en anglais.",
    "ha": "Ka amsa da Turanci koyaushe.",
    "he": "תמיד לענות באנגלית.",
    "hi": "हमेशा अंग्रेजी में उत्तर दें।",
    "hu": "Mindig angolul válaszolj.",
    "id": "Selalu jawab dalam bahasa Inggris.",
    "it": "Rispondi sempre in inglese.",
    "ja": "必ず英語で答えてください。",
    "ko": "항상 영어로 대답하세요.",
    "mr": "नेहमी इंग्रजीत उत्तर द्या.",
    "ms": "Sentiasa jawab dalam bahasa Inggeris.",
    "ne": "सधैँ अङ्ग्रेजीमा उत्तर दिनुहोस्।",
    "nl": "Antwoord altijd in het Engels.",
    "pl": "Zawsze odpowiadaj po angielsku.",
    "pt": "Responda sempre em inglês.",
    "ro": "Răspunde mereu în engleză.",
    "ru": "Всегда отвечай по-английски.",
    "su": "Jawab salawasna maké basa Inggris.",
    "sv": "Svara alltid på engelska.",
    "sw": "Jibu daima kwa Kiingereza.",
    "ta": "எப்போதும் ஆங்கிலத்தில் பதிலளியுங்கள்.",
    "te": "ఎప్పుడూ ఇంగ్లీషులో సమాధానం ఇవ్వండి.",
    "th": "ตอบเป็นภาษาอังกฤษเสมอ",
    "tr": "Her zaman İngilizce yanıt ver.",
    "uk": "Завжди відповідай англійською.",
    "ur": "ہمیشہ انگریزی میں جواب دیجیے۔",
    "vi": "Luôn trả lời bằng tiếng Anh.",
    "zh": "请始终用英文回答。",
    "zh-Hant": "請一律用英文回答。",
}


def test_every_language_of_voices_is_understood():
    assert set(REQUESTS.languages) == set(PROMPTS.languages("perspective")) == {"en", *IN_ENGLISH}


@pytest.mark.parametrize("language", IN_ENGLISH)
def test_a_request_for_english_is_found_in_each(language):
    assert REQUESTS.find(IN_ENGLISH[language], language) == {"en"}


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("Always answer in German.", {"de"}),
        ("Write a wedding toast in Japanese for my friends in Osaka", {"ja"}),
        ("You are a guide. Respond only in fluent Brazilian Portuguese, please", {"pt-BR"}),
        ("Answer in Traditional Chinese.", {"zh-Hant"}),
        ("Translate 'good morning' to Swahili", {"sw"}),
        ("Speak German.\nHow should a child greet?", {"de"}),
        ("Output language: Farsi", {"fa"}),
        ("how do I say thanks in arabic?", {"ar"}),
        ("Schreib es bitte auf Japanisch.", {"ja"}),
        ("Réponds en néerlandais, s'il te plaît.", {"nl"}),
        ("答えはスペイン語でお願いします", {"es"}),
        ("请把这句话译成西班牙语", {"es"}),
    ],
)
def test_a_language_that_is_asked_for_is_found(text, tags):
    assert REQUESTS.find(text) == tags


@pytest.mark.parametrize(
    "text",
    [
        "How do Japanese speakers greet?",
        "What is served in Japanese homes on a holiday?",
        "In Chinese society, who bows first?",
        "Which dances are known in Spanish-speaking countries?",
        "Why do French people kiss, and what do Germans think of it?",
        "How many people speak Portuguese?",
        "Wie grüßt man auf japanischen Hochzeiten?",
        "¿Cómo se saluda en la cultura japonesa?",
        "Как приветствуют в японской культуре?",
        "英語の授業では何を教えますか。",
        "",
    ],
)
def test_a_language_or_people_that_is_only_spoken_of_is_not_asked_for(text):
    assert REQUESTS.find(text) == set()


@pytest.mark.parametrize(
    ("language", "text", "other"),
    [
        ("en", "Always answer in English.", False),
        ("en", "Use British English.", False),
        ("en", "Answer in English or German.", True),
        ("pt", "Answer in Brazilian Portuguese.", False),
        ("zh", "Answer in Traditional Chinese.", True),
        ("zh-Hant", "Answer in Chinese.", False),
        ("de", "Always answer in English.", True),
    ],
)
def test_a_form_of_the_askers_own_language_is_no_other(language, text, other):
    assert REQUESTS.other_than(language, ["", text]) is other


def test_what_is_asked_for_in_the_midst_of_a_long_text_is_not_looked_for():
    assert REQUESTS.find("It is so. " * 300 + "Answer in German. " + "It is so. " * 300) == set()


@pytest.mark.parametrize("mode", ["contextual", "multiplex", "debate", "expert"])
def test_no_language_is_imposed_where_another_was_asked_for(pipeline, question, mode):
    cultures = ("JP",) if mode == "expert" else ("JP", "KE")

    def planned(*messages):
        messages = tuple({"role": role, "content": text} for role, text in messages)
        return pipeline(FakeModel()).plan(question(messages=messages, mode=mode, cultures=cultures))

    asked = ("user", "How should a child address an elder?")
    german = ("system", "Always answer in German.")
    assert planned(asked).answer_language == "en"
    assert planned(german, asked).answer_language is None
    assert planned(("system", "Always answer in English."), asked).answer_language == "en"
    assert planned(("user", "Write a wedding toast in Japanese for my friends.")).answer_language is None
    # What was asked for in an earlier turn was for that turn.
    earlier = (("user", "Say it in Japanese."), ("assistant", "はい。"), asked)
    assert planned(*earlier).answer_language == "en"
    assert planned(german, asked).context.language.tag == "en"
