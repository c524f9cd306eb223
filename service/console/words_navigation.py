"""The words around every page: the groups of the list, and the keys."""

from service.papers.words import Words

WORDS = {
    "nav.group.work": Words("Work", "日常作业"),
    "nav.group.goods": Words("Goods", "货物"),
    "nav.group.quality": Words("Quality", "质量"),
    "nav.group.company": Words("Company", "企业"),
    "nav.group.record": Words("Record", "记录"),
    "nav.menu": Words("Menu", "菜单"),
    "nav.orders": Words("Orders", "订单"),
    "nav.counts": Words("Counts", "盘点"),
    "nav.reports": Words("Reports", "报表"),
    "nav.numbers": Words("Lot numbers", "批号规则"),
    "nav.imports": Words("Import", "导入"),
    "nav.parties": Words("Partners", "合作方"),
    "nav.keys": Words("Signing keys", "签名密钥"),
    "nav.access": Words("Machine access", "系统接入"),
    "refused.back": Words("Back to where you were", "返回原页面"),
    "keys.title": Words("Keys of the keyboard", "键盘快捷键"),
    "keys.go": Words("g, then a letter, leads to a page:", "按 g，再按一个字母，前往页面："),
    "keys.search": Words("to the search field", "跳到搜索框"),
    "keys.help": Words("this list", "本列表"),
    "keys.on": Words("Keys are on in this browser", "在此浏览器中启用快捷键"),
    "keys.close": Words("Close", "关闭"),
}
