"""The words of the pages on which people change their own account; part of those of `service.web.words`."""

EN = {
    "me_password": "Change your password",
    "me_codes": "New recovery codes",
    "me_factor_remove": "Remove it",
    "password_title": "Change your password",
    "password_lead": "Your other sessions end.",
    "password_old": "Your password until now",
    "codes_new": "New recovery codes",
    "codes_new_lead": "Ten others. Those that you have open nothing from then on.",
    "codes_make": "Make new ones",
    "factor_begin": "Set up a second factor",
    "factor_begin_lead": "First your password, once more.",
    "factor_remove": "Remove the second factor",
    "factor_remove_lead": "From then on your password alone opens the door. Where your company demands a second factor,"
    " an administrator resets it instead.",
    "wrong_password": "That is not your password.",
    "wrong_proof": "Password and code do not belong together, or the code was used already.",
    "oops_demanded": "Your company demands a second factor of you; an administrator resets it.",
    "oops_no_factor": "You have no second factor, so there are no recovery codes.",
}

ZH = {
    "me_password": "修改密码",
    "me_codes": "重新生成恢复码",
    "me_factor_remove": "移除",
    "password_title": "修改密码",
    "password_lead": "您的其他会话将结束。",
    "password_old": "当前密码",
    "codes_new": "重新生成恢复码",
    "codes_new_lead": "生成十个新的恢复码，原有恢复码立即失效。",
    "codes_make": "生成",
    "factor_begin": "设置第二重验证",
    "factor_begin_lead": "请先再次输入密码。",
    "factor_remove": "移除第二重验证",
    "factor_remove_lead": "移除后仅凭密码即可登录。若贵企业要求使用第二重验证，请由管理员重置。",
    "wrong_password": "密码不正确。",
    "wrong_proof": "密码与验证码不匹配，或验证码已使用过。",
    "oops_demanded": "贵企业要求您使用第二重验证，请由管理员重置。",
    "oops_no_factor": "您没有设置第二重验证，因此没有恢复码。",
}
