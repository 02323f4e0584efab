"""What people write into forms: names, dates, sums of money, telephone numbers, identity numbers, and English words.

Each function makes one text from a generator; `ENTRIES` holds them by kind.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np


def _list(text: str) -> tuple[str, ...]:
    """What commas divide."""
    return tuple(" ".join(text.split()).split(", "))


FAMILY = """
    Nguyễn Nguyễn Nguyễn Nguyễn Trần Trần Lê Lê Phạm Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý Đào Đoàn
    Vương Trịnh Trương Đinh Lâm Phùng Mai Tô Hà Tạ Quách Cao Thái Lương Châu Kiều La Giang Nghiêm Doãn Khúc Ông Tăng
""".split()
MIDDLE = """
    Văn Thị Thị Văn Hữu Đức Minh Ngọc Thanh Xuân Quang Thu Kim Hồng Công Đình Anh Bảo Gia Quốc Tuấn Mỹ Phương Thùy
    Hoài Như Khánh Duy Trọng Tiến Bích Diệu Nhật Thế Viết Bá Mạnh Việt Hải Tấn Phước Thảo
""".split()
GIVEN = """
    An Anh Ánh Bình Bảo Châu Chi Cường Diễm Dung Dũng Duyên Dương Đạt Đức Giang Hà Hải Hạnh Hằng Hậu Hiền Hiếu Hoa Hòa
    Hoàng Huệ Hùng Huy Hương Hường Khang Khánh Khoa Kiên Lan Liên Linh Loan Long Ly Mai Minh Mỹ Nam Nga Ngân Ngọc Nghĩa
    Nguyệt Nhung Nhi Oanh Phong Phúc Phương Phượng Quân Quang Quỳnh Sơn Tâm Tân Thảo Thắng Thành Thủy Thúy Thương Tiến
    Toàn Trang Trâm Trí Trinh Trung Tú Tuấn Tùng Tuyết Uyên Vân Việt Vinh Vy Xuân Yến Ý
""".split()
TITLES = _list("""
    Ông, Bà, ông, bà, Anh, Chị, Em, Cô, Thầy, Bác sĩ, BS., TS., ThS., GS., KS., Luật sư, Mr., Ms., Cháu
""")
UNITS = _list("""
    đồng, đồng, đ, VND, VNĐ, USD, $, triệu đồng, tỷ đồng, nghìn đồng, đ/kg, đồng/tháng
""")
DIGIT_WORDS = "không một hai ba bốn năm sáu bảy tám chín".split()
DAYS = _list("""
    Thứ hai, Thứ ba, Thứ tư, Thứ năm, Thứ sáu, Thứ bảy, Chủ nhật, thứ Hai, T2, T3, CN
""")
CITIES = _list("""
    Hà Nội, TP. Hồ Chí Minh, TP.HCM, Đà Nẵng, Huế, Cần Thơ, Hải Phòng, Nha Trang, Đồng Nai, Nghệ An, Thanh Hóa, Vĩnh
    Phúc, Cà Mau, Đắk Lắk
""")
JOBS = _list("""
    Kỹ sư, Giáo viên, Công nhân, Nông dân, Sinh viên, Kế toán, Nhân viên văn phòng, Tài xế, Bác sĩ, Nội trợ, Kinh
    doanh tự do, Điều dưỡng, Thợ điện, Bộ đội, Hưu trí, Luật sư, Đầu bếp, Bảo vệ
""")
PLACES = _list("""
    Công an, UBND, Bệnh viện Đa khoa, Trường THPT, Trường Đại học, Công ty TNHH, Công ty CP, Chi cục Thuế, Ngân
    hàng, Sở Giáo dục và Đào tạo, Phòng Tài nguyên
""")
REASONS = _list("""
    Xin nghỉ phép, Khám sức khỏe, Bổ sung hồ sơ, Đăng ký kết hôn, Cấp lại giấy tờ, Thanh toán tiền điện, Mua vật tư,
    Chuyển khẩu, Vay vốn, Đóng học phí, Tạm ứng lương, Sửa chữa nhà, Du lịch
""")
LABELS = _list("""
    Họ và tên, Họ tên, Ngày sinh, Số CCCD, CMND số, Điện thoại, ĐT, Nghề nghiệp, Nơi cấp, Ngày cấp, Email, Mã số
    thuế, Số tài khoản, Nơi công tác, Lý do, Số tiền, Lớp, Giới tính, Dân tộc, Quốc tịch, Biển số, Trình độ, Chiều
    cao, Người nhận, Tình trạng hôn nhân
""")
CHOICES: dict[str, tuple[str, ...]] = {
    "Nghề nghiệp": JOBS,
    "Lý do": REASONS,
    "Giới tính": ("Nam", "Nữ"),
    "Quốc tịch": ("Việt Nam", "Lào", "Hàn Quốc"),
    "Dân tộc": ("Kinh", "Tày", "Thái", "Mường", "Khmer", "H'Mông", "Nùng", "Dao", "Ê Đê", "Chăm"),
    "Trình độ": ("Đại học", "Cao đẳng", "12/12", "9/12", "Thạc sĩ", "Trung cấp"),
    "Tình trạng hôn nhân": ("Độc thân", "Đã kết hôn", "Ly hôn"),
}
ENGLISH = """
    the of and to in is that for with as was on are this be at by from have not which one you were all their has would
    there been more when who will no if out so what up said its about than into them can only other time new some
    could these two may first then do any like now made after also did many before must through years where much your
    way well down should because each just those people how too little state good very make world still own see men
    work long here between both life being under never day same another know while last might us great old year off
    come since against go came right used take three school house again place small found part every water during home
    number however without service office computer internet email website online password account manager marketing
    company limited bank account invoice order price total hotel coffee street market center city university student
    teacher doctor hospital station airport ticket passport visa English Vietnam Hanoi Saigon Monday Sunday January
    August December Facebook Google Samsung iPhone laptop menu pizza beer taxi video game team project report contract
    design software data
""".split()


def person(rng: np.random.Generator) -> str:
    """A Vietnamese name of two to five words."""
    middle = [_pick(rng, MIDDLE) for _ in range(int(rng.choice((0, 1, 1, 1, 2))))]
    return " ".join([_pick(rng, FAMILY), *middle, *(_pick(rng, GIVEN) for _ in range(1 + (rng.random() < 0.2)))])


def name(index: int, rng: np.random.Generator) -> str:
    """One name or two, with or without a title; some in capitals."""
    text = person(rng)
    if rng.random() < 0.3:
        text = f"{_pick(rng, TITLES)} {text}"
    if rng.random() < 0.25:
        text += _pick(rng, (", ", " và ", " - ", "; ")) + person(rng)
    return text.upper() if rng.random() < 0.2 else text


def date(index: int, rng: np.random.Generator) -> str:
    """A date as it is written in letters, forms and registers, with or without place, day of the week or time."""
    day, month, year = int(rng.integers(1, 32)), int(rng.integers(1, 13)), int(rng.integers(1900, 2036))
    mark = _pick(rng, ("/", "/", "/", "-", ".", " / "))
    full, brief = f"{day:02d}{mark}{month:02d}{mark}{year}", f"{day}{mark}{month}{mark}{year % 100:02d}"
    short = full if rng.random() < 0.6 else brief
    text = short if rng.random() < 0.45 else f"ngày {day:02d} tháng {month:02d} năm {year}"
    kind = rng.random()
    if kind < 0.2:
        text = f"{_pick(rng, CITIES)}, {text}"
    elif kind < 0.3:
        text = f"{_pick(rng, DAYS)}, {text}"
    elif kind < 0.45:
        minute = int(rng.integers(60))
        text = f"{rng.integers(24)}{_pick(rng, ('h', ':', ' giờ '))}{minute:02d}, {text}"
    elif kind < 0.55:
        text = f"từ {short} đến {rng.integers(1, 29):02d}{mark}{rng.integers(1, 13):02d}{mark}{year + 1}"
    return text[0].upper() + text[1:] if rng.random() < 0.3 else text


def amount(rng: np.random.Generator) -> str:
    """A number with the thousands divided by points, commas, blanks or nothing."""
    digits = int(rng.integers(1, 11))
    value = int(rng.integers(10 ** (digits - 1), 10**digits))
    value = value // 1000 * 1000 if digits > 4 and rng.random() < 0.6 else value
    text = f"{value:,}".replace(",", _pick(rng, (".", ".", ".", ",", " ", "")))
    return text + (f",{rng.integers(1, 100)}" if rng.random() < 0.1 and "," not in text else "")


def money(index: int, rng: np.random.Generator) -> str:
    """A sum in digits, in words, or as a row of a bill."""
    kind = rng.random()
    if kind < 0.2:
        words = [
            _pick(rng, DIGIT_WORDS[1:]),
            _pick(rng, ("trăm", "triệu", "nghìn", "mươi")),
            _pick(rng, DIGIT_WORDS[1:]),
            _pick(rng, ("mươi triệu", "trăm nghìn", "nghìn", "triệu")),
            "đồng",
        ]
        text = " ".join(words) + _pick(rng, ("", "", " chẵn", "."))
        return f"Bằng chữ: {text}" if rng.random() < 0.4 else text.capitalize()
    if kind < 0.4:
        goods = _pick(
            rng, ("Gạo", "Xi măng", "Cà phê", "Vở", "Sữa", "Thịt bò", "Bánh mì", "Xăng", "Tiền phòng", "Học phí")
        )
        count, unit = int(rng.integers(1, 100)), _pick(rng, ("kg", "cái", "hộp", "chai", "m2", "x", "lít", "bao"))
        return f"{goods} {count} {unit} {_pick(rng, ('x', '=', '-', ':'))} {amount(rng)}{_pick(rng, ('', 'đ', ' đ'))}"
    lead = _pick(rng, ("", "", "", "Tổng cộng: ", "Số tiền: ", "Giá: ", "Còn lại ", "Thuế VAT 10%: ", "Tạm ứng "))
    unit = _pick(rng, UNITS)
    return f"{lead}{amount(rng)}{'' if unit in ('đ', '$') else ' '}{unit}"


def phone(index: int, rng: np.random.Generator) -> str:
    """A telephone, identity, account or plate number, grouped in one of the usual ways."""
    kind = rng.random()
    if kind < 0.6:
        digits = "0" + "".join(str(d) for d in rng.integers(0, 10, 9))
        cuts = ((4, 7), (4, 7), (3, 6), (), (), (2, 6), (5,))[int(rng.integers(7))]
        pieces = [digits[a:b] for a, b in zip((0, *cuts), (*cuts, len(digits)), strict=True)]
        text = _pick(rng, (" ", ".", "-", " ")).join(pieces)
        text = f"+84 {text[1:]}" if rng.random() < 0.1 else text
        lead = _pick(rng, ("", "", "", "ĐT: ", "SĐT: ", "Tel: ", "Điện thoại: ", "Hotline ", "Số máy "))
        return lead + text + (f" ({_pick(rng, GIVEN)})" if rng.random() < 0.1 else "")
    if kind < 0.85:
        lead = _pick(rng, ("", "CCCD: ", "Số: ", "CMND ") if kind < 0.75 else ("STK: ", "MST: ", "Mã KH ", ""))
        if kind < 0.75:
            length = 12 if rng.random() < 0.6 else 9
        else:
            length = int(rng.integers(8, 15))
        return lead + "".join(str(d) for d in rng.integers(0, 10, length))
    return _plate(rng) if kind < 0.92 else _document(rng)


def form(index: int, rng: np.random.Generator) -> str:
    """A form's label with what is written after it, or that alone."""
    label = _pick(rng, LABELS)
    text = _entry(label, rng)
    if rng.random() < 0.35:
        return text
    return f"{label}{_pick(rng, (': ', ': ', ' : ', ' '))}{text}"


def english(index: int, rng: np.random.Generator) -> str:
    """Two to eight English words."""
    words = [_pick(rng, ENGLISH) for _ in range(int(rng.integers(2, 9)))]
    style = rng.random()
    if style < 0.3:
        words[0] = words[0].capitalize()
    elif style < 0.5:
        words = [w.capitalize() for w in words]
    elif style < 0.6:
        words = [w.upper() for w in words]
    return " ".join(words) + _pick(rng, ("", "", "", ".", "!", "?", ","))


def _plate(rng: np.random.Generator) -> str:
    """The number plate of a vehicle."""
    province, letter = rng.integers(11, 100), _pick(rng, "ABCDEFGHKLMNPSTUVXYZ")
    return f"{province}{letter}{rng.integers(1, 10)}-{rng.integers(1000, 100000)}"


def _document(rng: np.random.Generator) -> str:
    """The number of an official paper."""
    kind, number, year = _pick(rng, ("Số", "QĐ", "HĐ", "Công văn số")), rng.integers(1, 3000), rng.integers(1990, 2030)
    return f"{kind} {number}/{year}/{_pick(rng, ('QĐ-UBND', 'TT-BTC', 'NĐ-CP', 'HĐMB', 'BB-KT'))}"


def _entry(label: str, rng: np.random.Generator) -> str:
    """What is written after a label."""
    if label in ("Họ và tên", "Họ tên", "Người nhận"):
        return name(0, rng)
    if label.startswith("Ngày"):
        return date(0, rng)
    if label in ("Điện thoại", "ĐT", "Số CCCD", "CMND số", "Mã số thuế", "Số tài khoản", "Biển số"):
        return phone(0, rng)
    if label == "Số tiền":
        return money(0, rng)
    if label == "Email":
        user = "".join(_pick(rng, list("abcdeghiklmnopqrstuvxy")) for _ in range(int(rng.integers(3, 10))))
        return f"{user}{rng.integers(1, 2010)}@{_pick(rng, ('gmail.com', 'yahoo.com', 'vnu.edu.vn', 'hotmail.com'))}"
    if label in ("Nơi cấp", "Nơi công tác"):
        return f"{_pick(rng, PLACES)} {_pick(rng, CITIES)}"
    school_class = f"{rng.integers(1, 13)}{_pick(rng, 'ABCD')}{rng.integers(1, 12)}"
    return _pick(rng, CHOICES.get(label, (school_class, f"1m{rng.integers(40, 95)}")))


def _pick(rng: np.random.Generator, items: Sequence[str]) -> str:
    return items[int(rng.integers(len(items)))]


ENTRIES: dict[str, Callable[[int, np.random.Generator], str]] = {
    "name": name,
    "date": date,
    "money": money,
    "phone": phone,
    "form": form,
    "english": english,
}
