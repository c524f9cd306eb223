"""What the public page says beside its eight checks, in English and Chinese: of the visit before, of the lot's family,
to whoever tries to cheat, and of a problem. What a check remarks is named by what it says.
"""

MORE = {
    "this log holds no such lot": ("this log holds no such lot", "日志无此批次"),
    "how": ("Try to cheat", "试着作假"),
    "how_text": (
        ("Change one character of your own copy and watch which check sees it: that line turns to “does not "
        "match”, and nothing after it says “correct”. The same works with any editor: save the proof, change "
        "it, open it here."),
        ("改动您副本中的一个字符，看哪一项能发现：该项变为“不符”，其后各项不再显示“相符”。"
        "也可用编辑器改动证明文件再打开。"),
    ),
    "cheat_what": ("What is changed", "改动什么"),
    "cheat_said": ("What was said", "声明的内容"),
    "cheat_signature": ("A signature", "一个签名"),
    "cheat_entry": ("An entry of the log", "日志中的一条"),
    "cheat_path": ("The way of an entry into the log", "某条进入日志的路径"),
    "cheat_checkpoint": ("The signature of the log", "日志的签名"),
    "cheat_anchor": ("The time of an anchor", "上链时间"),
    "cheat_any": ("Any character, by chance", "随机任意字符"),
    "cheat_button": (
        "Change one character of my copy",
        "改动我的副本中的一个字符",
    ),
    "cheat_undo": ("Put it back", "改回去"),
    "cheat_done": (
        "Character {place} of your copy was “{from}” and is “{to}”.",
        "您的副本第 {place} 个字符由“{from}”变为“{to}”。",
    ),
    "cheat_nothing": (
        "There is nothing of that kind in this file.",
        "此文件中没有这类内容。",
    ),
    "cheat_seen": ("Check {check} saw it.", "第 {check} 项发现了。"),
    "cheat_unseen": (
        "No check refused it: look at the lines that could not be checked.",
        "没有一项认定不符：请看无法核查的各项。",
    ),
    "visit_first": (
        "This browser sees this lot for the first time. It remembers what it saw, and compares the next time.",
        "本浏览器首次查看该批次，已记住所见内容，下次将与之核对。",
    ),
    "visit_same": (
        "Since your visit on {at} nothing was added, and nothing that you saw has changed.",
        "自您 {at} 查看以来没有新增，您所见的内容也没有变化。",
    ),
    "visit_grown": (
        "Since your visit on {at}, {added} entries were added and nothing that you saw has changed.",
        "自您 {at} 查看以来新增 {added} 条，您所见的内容没有变化。",
    ),
    "visit_older": (
        "This is older than what this browser saw on {at}, and contradicts nothing of it.",
        "此内容早于本浏览器 {at} 所见，且与之没有矛盾。",
    ),
    "visit_unknown": (
        "Whether this follows from what this browser saw on {at} could not be checked: see line 6.",
        "无法核查它是否承接本浏览器 {at} 所见的内容：见第 6 项。",
    ),
    "visit_refuted": (
        ("This contradicts what this browser saw on {at}: history was rewritten, or you were shown another "
        "book then or now."),
        "这与本浏览器 {at} 所见相矛盾：历史被改写，或者两次之中有一次给您看的是另一本账。",
    ),
    "visit_proof": (
        ("Both states are signed by the log. The file proves it before anybody; the command line judges it "
        "with --as fork. Give it to other partners and to your authority."),
        "两个状态都由日志签名。该文件可向任何人证明；命令行用 --as fork 判断。请交给其他合作方和监管部门。",
    ),
    "visit_proof_weak": (
        "Both states are signed by the log. Keep them and give them to an auditor of the log, who can tell.",
        "两个状态都有日志签名，请保存并交审计方判断。",
    ),
    "visit_save_fork": ("Save the proof of it", "保存这一证据"),
    "visit_save_then": ("The checkpoint seen then", "当时所见的检查点"),
    "visit_save_now": ("The checkpoint seen now", "现在所见的检查点"),
    "visit_forget": (
        "Forget what this browser remembers",
        "清除本浏览器的记忆",
    ),
    "visit_forgotten": (
        "Forgotten: the next visit is the first.",
        "已清除，下次即为首次。",
    ),
    "visit_kept": (
        "It is kept in this browser only, for all lots that you look at, and sent to nobody.",
        "仅保存在本浏览器中（所有查看过的批次），不发送给任何人。",
    ),
    "family": ("Made of, went into", "来源与去向"),
    "family_picture": (
        "What the lot was made of, and what it went into; the list below says the same",
        "该批次由什么制成、又成为什么；下方列表内容相同",
    ),
    "family_this": ("this lot", "本批次"),
    "family_parents": ("Made of", "由此制成"),
    "family_children": ("Went into", "成为"),
    "family_by": (
        "signed by {party}, entry {entry}",
        "由 {party} 签名，第 {entry} 条",
    ),
    "family_more": ("+{more} more", "另有 {more} 个"),
    "family_hidden_parents": (
        "{number} lots that it was made of are not shown in this file.",
        "其来源中有 {number} 个批次未在本文件中显示。",
    ),
    "family_hidden_children": (
        "{number} lots that it went into are not shown in this file.",
        "其去向中有 {number} 个批次未在本文件中显示。",
    ),
    "family_unknown": (
        "{number} entries say that lots became others, and this file does not show which.",
        "有 {number} 条记录说明批次变为其他批次，但本文件未显示是哪些。",
    ),
    "pieces": ("pieces", "件"),
    "family_none": (
        "This file shows no lot that it was made of or went into.",
        "本文件未显示其来源或去向批次。",
    ),
    "permalink": (
        "This page as of log size {size}, for ever",
        "本页在日志长度 {size} 时的状态（永久链接）",
    ),
    "take_json": ("The same for programs", "供程序使用"),
    "match_ask": (
        "Does the text on your package match?",
        "包装上的文字与此一致吗？",
    ),
    "match_yes": ("Yes", "一致"),
    "match_no": ("No", "不一致"),
    "match_good": (
        "Good. That it matches does not show that the label was not copied.",
        "好。一致并不能说明标签没有被复制。",
    ),
    "match_bad": (
        ("Do not use it. Keep the package, write down below what is printed on it, and ask the company that "
        "sold it."),
        "请勿使用。保留包装，在下方写明所印内容，并联系销售企业。",
    ),
    "problem": ("Report a problem", "报告问题"),
    "problem_text": (
        ("This page sends nothing. It writes down what this device found, with your words, for the company "
        "that sold the goods, for your authority, or for an auditor of the log."),
        ("本页不发送任何内容，只把本设备的核查结果和您的说明写成文件，供您交给销售企业、"
        "监管部门或日志的审计方。"),
    ),
    "problem_words": ("What is wrong, in your words", "请说明有什么问题"),
    "problem_make": ("Write it down", "生成报告"),
    "problem_save": ("Save the report", "保存报告"),
}  # fmt: skip
