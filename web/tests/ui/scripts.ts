/** What people say and type in twelve languages, mixed with numbers, code, names and emoji. */
import { found, said, toolCalled, toolEnded, type Line } from "../../page/transcript/lines.ts";

type Turn = readonly ["user" | "model", string];

const TURNS: readonly Turn[] = [
  ["user", "שלום, מה שלומך?"],
  ["model", "מצוין! הפגישה ב־14:30, ברחוב דיזנגוף 25 (קומה 3), עם Maya Cohen. להריץ npm run build?"],
  ["user", "العربية: 1. أولاً 2. ثانياً!"],
  [
    "model",
    'بالتأكيد 👍 السعر ٢٥٠ ريالًا (حوالي 66.50$). افتح https://example.com/a?b=1 ثم اضغط "Start".\nWi-Fi: livepass-5G\nكلمة المرور: Abc-123!',
  ],
  ["user", "سلام! می‌خواهم ساعت ۸:۱۵ صبح بیدار شوم."],
  ["model", "اردو: آپ کا ٹکٹ نمبر B-4521 ہے، اور ٹرین صبح ۹ بجے پلیٹ فارم 7 سے روانہ ہوگی۔"],
  ["user", "नमस्ते! क्या आप const x = 42; समझा सकते हैं?"],
  ["model", "অবশ্যই। ৩টি ধাপ: প্রথমে ফাইল খুলুন, তারপর `git status` চালান, শেষে দেখুন। 🙂"],
  ["user", "พรุ่งนี้ฝนจะตกไหม ฉันต้องไปประชุมที่กรุงเทพฯ เวลา 10:00 น. และกลับบ้านตอนเย็นก่อนที่รถจะติดมาก"],
  ["model", "明日の東京は晴れ、最高気温は19度です。傘は要りません☀️。会議は「第3会議室」で行われます。"],
  ["user", "请用 Python 写一个函数：def add(a, b): return a + b，然后解释一下它的作用。谢谢！"],
  ["model", "네, 알겠습니다. 내일 오후 3시 30분에 서울역 2번 출구에서 만나요. 🚆 좌석은 12A입니다."],
  ["user", "Καλημέρα! Πόσο κοστίζει το εισιτήριο για την Ακρόπολη, 20 € ή 30 €;"],
  [
    "model",
    "Das regelt die Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetzesverordnung; siehe Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft.",
  ],
  ["user", "👨‍👩‍👧‍👦 🇵🇹 ❤️"],
  ["model", "The Hebrew for it is בית ספר (bet sefer), 3 words: שם, פועל, תואר."],
];

export const manyScripts: readonly Line[] = [
  ...TURNS.map(([who, text], id) =>
    said({
      id,
      who,
      text,
      kind: "speech",
      final: true,
      interrupted: id === 1 || id === 3,
      at: 0,
    }),
  ),
  ...toolEnded([toolCalled("1", "get_weather", { place: "تل أبيب", days: 3 })], "1", "done"),
  found(
    "found-1",
    ["מוזיאון ישראל שעות 2026", "متى يفتح؟"],
    [
      { uri: "https://example.org/1", title: "مكتبة الإسكندرية (Bibliotheca) – 2026!" },
      { uri: "https://example.org/2", title: "国立新美術館" },
    ],
  ),
];
