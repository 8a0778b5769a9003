from .facts import Facts
def make(f: Facts, form: str) -> str:
    return "hostname "+f.host+"\n"
