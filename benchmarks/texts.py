"""What people write, in some languages: each list is a conversation, turn by turn."""

from __future__ import annotations

SHORT = [
    *("Hi", "Hello! How can I help?", "What is a list?", "An ordered collection of values."),
    *("And a tuple?", "The same, but it cannot be changed.", "Why?", "So that it can be a key."),
    *("OK", "Anything else?", "A set?", "Values without order, each once.", "Thanks", "Gladly."),
    *("One more", "Sure.", "bye"),
]

LANGUAGES = {
    "German": [
        "Wie messe ich, ob zwei Stichproben aus derselben Verteilung stammen?",
        (
            "Wenn die Werte stetig sind, bietet sich der Kolmogorow-Smirnow-Test an; bei kleinen "
            "Stichproben ist ein Permutationstest die ehrlichere Wahl."
        ),
        "Was mache ich, wenn Messwerte fehlen?",
        (
            "Zuerst klären, warum sie fehlen: zufällig, abhängig von anderen Größen oder vom Wert "
            "selbst. Davon hängt ab, ob man sie weglassen darf."
        ),
        "Zeig mir bitte, wie ich die Tabelle nach Monaten zusammenfasse.",
    ],
    "Russian": [
        "Как проверить, что две выборки взяты из одного распределения?",
        (
            "Если значения непрерывны, подойдёт критерий Колмогорова — Смирнова; для малых выборок "
            "честнее перестановочный тест."
        ),
        "Что делать, если часть измерений отсутствует?",
        (
            "Сначала выяснить, почему их нет: случайно или в зависимости от других величин. От "
            "этого зависит, можно ли их отбросить."
        ),
        "Покажи, пожалуйста, как сгруппировать таблицу по месяцам.",
    ],
    "Arabic": [
        "كيف أتحقق من أن عينتين مأخوذتان من التوزيع نفسه؟",
        (
            "إذا كانت القيم متصلة فاختبار كولموغوروف وسميرنوف مناسب، أما في العينات الصغيرة "
            "فاختبار التبديل أصدق."
        ),
        "وماذا أفعل إذا كانت بعض القياسات مفقودة؟",
        "ابحث أولا عن سبب فقدانها، فعلى ذلك يتوقف جواز حذفها.",
        "أرني من فضلك كيف أجمع الجدول حسب الأشهر.",
    ],
    "Hindi": [
        "मैं कैसे जाँचूँ कि दो नमूने एक ही वितरण से लिए गए हैं?",
        "यदि मान सतत हैं तो कोल्मोगोरोव-स्मिर्नोव परीक्षण ठीक है; छोटे नमूनों के लिए क्रमचय परीक्षण बेहतर है।",
        "यदि कुछ माप न हों तो क्या करूँ?",
        "पहले यह समझें कि वे क्यों नहीं हैं; उसी से तय होता है कि उन्हें छोड़ा जा सकता है या नहीं।",
        "कृपया दिखाइए कि तालिका को महीनों के अनुसार कैसे जोड़ूँ।",
    ],
    "Chinese": [
        "怎样检验两个样本是否来自同一个分布？",
        "如果数值是连续的，可以用柯尔莫哥洛夫检验；样本很小时，置换检验更可靠。",
        "有些测量值缺失怎么办？",
        "先弄清楚为什么缺失：是随机的，还是与其他量有关。能不能删去取决于此。",
        "请告诉我怎样按月份汇总这张表。",
    ],
    "Japanese": [
        "二つの標本が同じ分布から来たかどうかを調べるにはどうすればよいですか。",
        "値が連続ならコルモゴロフ・スミルノフ検定が使えます。標本が小さいときは並べ替え検定の方が確かです。",
        "測定値が欠けている場合はどうしますか。",
        "まず欠けている理由を確かめます。除いてよいかどうかはそれで決まります。",
        "表を月ごとにまとめる方法を見せてください。",
    ],
}
